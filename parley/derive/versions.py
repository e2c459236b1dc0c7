"""Make the other versions of a program from its full one, by syntax alone: quiet, bare, comments only.

quiet(full) takes the log out, bare(full) takes the error handling out too, comments(full) takes every statement out.
Source text goes in, source text comes out; nothing is imported or run. The rules know what the programs of the stages
use, and nothing else: where they do not know how, they raise CannotDerive with the line. No version is ever guessed.

The log is `import logging` and each statement like `logging.info(...)`. Error handling is `try` (but not its `else`),
`with contextlib.suppress(...)`, `conn.settimeout(...)`, an `if` that does nothing but `raise` or `sys.exit("...")`, and
a `raise` at the end of a function.

What an author of a full version should know:

- A comment directly above a statement goes with it, one that a blank line parts from it stays. Where the body of a
  statement stays (that of a `try`), the comment above it stays too.
- A name, function, class, import or parameter goes when the source reads it and what is left does not. In a tuple it
  gets an underscore instead: `conn, _address = listener.accept()`.
- A condition or a value goes only where it merely asks (see QUESTIONS in program.py), never where it may work.
"""

import ast
import builtins
import io
import itertools
import re
import tokenize
from collections.abc import Callable, Sequence
from functools import lru_cache

from parley.derive.program import (
    Definition,
    Edit,
    ProgramText,
    Scope,
    blocks,
    called,
    is_docstring,
    is_read,
    last_line,
    parsed,
)

KNOWN = (
    *(ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AugAssign, ast.Expr, ast.Return),
    *(ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Raise, ast.Break, ast.Continue, ast.Pass),
)


# what is derived is kept: it takes a moment for a long program, and is asked for again and again


@lru_cache(maxsize=64)
def quiet(source: str) -> str:
    """The text of a program without its log. Raises CannotDerive where that cannot be done well."""
    return _quiet(source).text


@lru_cache(maxsize=64)
def bare(source: str) -> str:
    """The text of a program without its log and its error handling. Raises CannotDerive as quiet does."""
    program = _settled(_quiet(source), _without_error_handling)
    _check_bare(program)
    # an import that stood in a `try` joins those above it
    return re.sub(r"(?m)^(import .*\n)\n(?=import )", r"\1", program.text)


@lru_cache(maxsize=64)
def comments(source: str) -> str:
    """The docstrings, signatures and comments of a program at their places: a program that does nothing.

    Raises CannotDerive where a definition cannot stand without the statements around it.
    """
    return _outline(parsed(source))


# Names that are not read any more


def _settled(program: ProgramText, rule: Callable[[ProgramText], ProgramText]) -> ProgramText:
    """The program after a rule, without what nothing reads any more, and so on until nothing is left to do."""
    read = program.reads()
    while True:
        before = program
        program = _without_idle_names(rule(program), read)
        if program is before:
            return program


def _without_idle_names(program: ProgramText, read: set[tuple[Scope, str]]) -> ProgramText:
    """The program without the names that were read in the source and are not read in it."""
    idle = read - program.reads()
    going: set[ast.stmt] = set()
    edits: list[Edit] = []
    for node in program.nodes:
        match node:
            case ast.ExceptHandler(type=ast.expr() as kind, name=str(name)):
                if not any(is_read(inner) and inner.id == name for inner in ast.walk(node)):
                    edits.append(program.rewritten(kind, f" as {name}:", ":"))
                continue
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                pass
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                pass
            case ast.alias():
                name = (node.asname or node.name).partition(".")[0]
            case _:
                continue
        if (program.scope(node), name) not in idle:
            continue
        above = program.above[node]
        match node, above, program.above.get(above):
            case ast.Name(), ast.Assign(targets=[_], value=value), _:
                program.must_only_ask(value)
                going.add(above)
            case ast.Name(), ast.Tuple(elts=names), ast.Assign():
                old = [ast.unparse(part) for part in names]
                new = [f"_{part}" if part == name else part for part in old]
                edits.append(program.rewritten(node, f"{', '.join(old)} =", f"{', '.join(new)} ="))
            case ast.alias(), ast.Import(names=[_]) | ast.ImportFrom(names=[_]), _:
                going.add(above)
            case ast.FunctionDef(decorator_list=[]) | ast.ClassDef(decorator_list=[]), _, _:
                going.add(node)
            case ast.arg(), ast.arguments(), ast.FunctionDef() as function if function in program.tree.body:
                return program.changed(_without_parameter(program, node, function))
            case _:
                program.refuse(node, f"nothing reads {name} in this version, but no rule knows how to leave it out.")
    return program.changed(edits) if edits else program.without(going)


def _without_parameter(program: ProgramText, parameter: ast.arg, function: ast.FunctionDef) -> list[Edit]:
    """The edits that take a parameter out of its function, out of each call, and out of each thread that runs it."""
    parameters = function.args.args
    uses = {node for node in program.nodes if is_read(node) and node.id == function.name}
    lists: list[tuple[str, Sequence[ast.arg | ast.expr]]] = [("({})", parameters)]
    for call in (node for node in program.nodes if isinstance(node, ast.Call)):
        match call, {keyword.arg: keyword.value for keyword in call.keywords}:
            case ast.Call(func=ast.Name() as use, args=values, keywords=[]), _ if use in uses:
                lists.append(("({})", values))
                uses.remove(use)
            case _, {"target": ast.Name() as use, "args": ast.List(elts=values)} if use in uses:
                lists.append(("[{}]", values))
                uses.remove(use)
    refused = f"nothing reads {parameter.arg} of {function.name} in this version, but not every use can do without it."
    for node in uses:
        program.refuse(node, refused)
    edits = []
    for frame, parts in lists:
        starred = any(isinstance(part, ast.Starred) for part in parts)
        if parameter not in parameters or len(parts) != len(parameters) or starred:
            program.refuse(parts[0] if parts else function, refused)
        place = parameters.index(parameter)
        program.must_only_ask(parts[place])
        old = [ast.unparse(part) for part in parts]
        new = [*old[:place], *old[place + 1 :]]
        edits.append(program.rewritten(parts[0], frame.format(", ".join(old)), frame.format(", ".join(new))))
    if len({edit.first for edit in edits}) < len(edits):  # two on one line
        program.refuse(function, refused)
    return edits


# Quiet: what belongs to the log


def _quiet(source: str) -> ProgramText:
    program = parsed(source)
    for node in program.nodes:
        if isinstance(node, ast.stmt) and not isinstance(node, KNOWN):
            program.refuse(node, "no rule knows this kind of statement.")
        if isinstance(node, ast.stmt) and not program.is_alone(node):
            program.refuse(node, "a statement has to begin on a line of its own.")
    program = _settled(program, _without_log)
    for node in program.nodes:
        names = [getattr(node, field, None) for field in ("id", "name", "module")]
        if any(str(name).partition(".")[0] == "logging" for name in names):
            program.refuse(node, "no rule knows this use of logging.")
    return program


def _without_log(program: ProgramText) -> ProgramText:
    going: set[ast.stmt] = set()
    for node in program.nodes:
        match node:
            case ast.Import(names=[ast.alias(name="logging", asname=None)]):
                going.add(node)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="logging"))) as call):
                program.must_only_ask(*call.args, *call.keywords)
                going.add(node)
    return program.without(going)


# Bare: what belongs to the handling of errors


def _without_error_handling(program: ProgramText) -> ProgramText:
    going: set[ast.stmt] = set()
    edits = []
    for node in program.nodes:
        match node:
            case ast.Try(orelse=[]):
                edits.append(_opened_try(program, node))
            case ast.With(items=[item]) if called(item.context_expr) == "contextlib.suppress":
                lines = program.moved(node.lineno, node.body, node.col_offset)
                edits.append(Edit(node.lineno, node.lineno + len(lines), lines))
            case ast.If(body=[complaint], orelse=[]) | ast.FunctionDef(body=[*_, ast.Raise() as complaint]):
                if _complains(program, complaint):
                    going.add(complaint)
            case ast.Expr(value=ast.Call(func=ast.Attribute(attr="settimeout"), args=[limit])):
                if ast.unparse(limit) != "None":  # (that is none: it takes back the limit of create_connection)
                    program.must_only_ask(limit)
                    going.add(node)
    return program.changed(edits) if edits else program.without(going)


def _opened_try(program: ProgramText, node: ast.Try) -> Edit:
    """The body of a `try`, and below it that of its `finally`, with the comment behind that word."""
    lines = program.moved(node.lineno, node.body, node.col_offset)
    last = program.end(node.handlers[-1] if node.handlers else node.body[-1], node.col_offset)
    if node.finalbody:
        header = node.finalbody[0].lineno
        while not program.lines[header - 1].text.lstrip().startswith("finally:"):
            header -= 1
        word = program.lines[header - 1]
        remark = word.text.replace("finally:", "").strip()
        lines += program.lines[last : header - 1]
        lines += [word._replace(text=" " * node.col_offset + remark)] if remark else []
        lines += program.moved(header, node.finalbody, node.col_offset)
        last = program.end(node.finalbody[-1], node.col_offset)
    return Edit(node.lineno, last, lines)


def _complains(program: ProgramText, statement: ast.stmt) -> bool:
    """Whether a statement does nothing but say what is wrong."""
    match statement:
        case ast.Raise(exc=ast.Call(args=said)):
            program.must_only_ask(*said)
            return True
        case ast.Expr(value=ast.Call(args=[ast.Constant(value=str()) | ast.JoinedStr() as said]) as call):
            program.must_only_ask(said)
            return called(call) == "sys.exit"
    return False


def _check_bare(program: ProgramText) -> None:
    """Raise CannotDerive where error handling is left, or what is left cannot run as it should."""
    for node in program.nodes:
        name = ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else ""
        if isinstance(node, ast.Try | ast.Raise) or name in ("sys.exit", "contextlib.suppress", "suppress"):
            program.refuse(node, "no rule knows this handling of errors.")
        for statement, below in itertools.chain.from_iterable(map(itertools.pairwise, blocks(node))):
            if _ends(statement):
                program.refuse(below, "nothing leads to this statement in this version.")
        if isinstance(node, ast.While) and ast.unparse(node.test) == "True":
            last = node.body[-1]
            if _ends(last) and not isinstance(last, ast.While) and not _has_own(node.body, ast.Continue):
                program.refuse(node, "without its error handling this loop would run only once.")


def _ends(statement: ast.stmt) -> bool:
    """Whether nothing below this statement in its block can ever run."""
    match statement:
        case ast.Return() | ast.Break() | ast.Continue():
            return True
        case ast.With(body=[*_, last]):
            return _ends(last)
        case ast.If(body=[*_, last], orelse=[*_, other]):
            return _ends(last) and _ends(other)
        case ast.While(test=ast.Constant(value=True), body=body):
            return not _has_own(body, ast.Break)
    return False


def _has_own(block: list[ast.stmt], kind: type[ast.stmt]) -> bool:
    """Whether the block of a loop has a break (or a continue) that is about this loop."""
    inner = [statement for statement in block if not isinstance(statement, ast.For | ast.While | Definition)]
    below = [part for statement in inner for part in blocks(statement)]
    return any(isinstance(part, kind) for part in inner) or any(_has_own(part, kind) for part in below)


# Comments only


def _outline(program: ProgramText) -> str:
    """The text of the comments-only version: some lines of the source, with the blank lines between them."""
    lines = [line.text for line in program.lines]
    definitions = [node for node in program.nodes if isinstance(node, Definition)]
    headers = {node.lineno: _header_end(program, node) for node in definitions}
    shown: dict[int, str] = {}
    for token in tokenize.generate_tokens(io.StringIO(program.text).readline):
        if token.type == tokenize.COMMENT:
            shown[token.start[0]] = " " * _comment_column(program, *token.start) + token.string.rstrip()
    for first, last in headers.items():
        shown |= {number: lines[number - 1] for number in range(first, last + 1)}
    for node in (program.tree, *definitions):
        if node.body and is_docstring(node.body[0]):
            shown |= {number: lines[number - 1] for number in range(node.body[0].lineno, last_line(node.body[0]) + 1)}
        elif isinstance(node, Definition):
            program.refuse(node, f"{node.name} has no docstring, so nothing would be left of it.")
    return _spaced(shown, lines, set(headers.values()))


def _comment_column(program: ProgramText, number: int, column: int) -> int:
    """Where a comment begins on a line of its own: behind a statement, as far to the right as the statement."""
    if not program.lines[number - 1].text[:column].strip():
        return column
    statements = [
        node for node in program.nodes if isinstance(node, ast.stmt) and node.lineno <= number <= last_line(node)
    ]
    return max((node.lineno, node.col_offset) for node in statements)[1]


def _header_end(program: ProgramText, node: Definition) -> int:
    """The last line of a definition above its body. Raises CannotDerive where it needs the statements around it."""
    first = node.body[0]
    if node.decorator_list or not isinstance(program.above[node], ast.Module | Definition):
        program.refuse(node, f"the definition of {node.name} is inside a statement that goes, or has a decorator.")
    if not program.is_alone(first):
        program.refuse(first, "a statement has to begin on a line of its own.")
    known = {part.name for part in program.nodes if isinstance(part, Definition)} | set(dir(builtins))
    signature = [*node.bases, *node.keywords] if isinstance(node, ast.ClassDef) else [node.args, node.returns]
    needed = {part.id for above in signature if above for part in ast.walk(above) if is_read(part)} - known
    if needed:
        program.refuse(node, f"the first line of {node.name} needs {min(needed)}, a statement that goes.")
    end = first.lineno - 1
    while not program.lines[end - 1].text.partition("#")[0].strip():
        end -= 1
    return end


def _spaced(shown: dict[int, str], lines: list[str], header_ends: set[int]) -> str:
    """The shown lines as text; between two of them as many blank lines as the source had at most in a row."""
    text: list[str] = []
    above = 0
    for number in sorted(shown):
        if text and above not in header_ends:
            between = "".join("x" if line.strip() else " " for line in lines[above : number - 1])
            text += [""] * max(map(len, between.split("x")))
        text.append(shown[number])
        above = number
    return "".join(f"{line}\n" for line in text)
