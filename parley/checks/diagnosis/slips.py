"""What a program's text says about slips that Python does not complain of, or only later and elsewhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from parley.checks.diagnosis.syntax import STRIPS, Function, calls_in, calls_of, empty_functions, name_of, nodes


def counts_before_asking(source: str) -> tuple[int, int]:
    """The line that counts one more, and the one behind it that asks whether these are too many and then doesn't count
    one less; (0, 0) if there is none.
    """
    for function in (node for node in nodes(source) if isinstance(node, Function)):
        inside = list(ast.walk(function))
        counts = [node for node in inside if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add | ast.Sub)]
        for asks in (node for node in inside if isinstance(node, ast.If) and isinstance(node.test, ast.Compare)):
            names = {ast.unparse(part) for part in ast.walk(asks.test) if isinstance(part, ast.Name | ast.Attribute)}
            mine = [node for node in counts if ast.unparse(node.target) in names]
            more = [node for node in mine if isinstance(node.op, ast.Add) and node.lineno < asks.lineno]
            less = [node for node in mine if isinstance(node.op, ast.Sub)]
            compares = [part for part in ast.walk(asks.test) if isinstance(part, ast.Compare)]
            order = any(isinstance(part.ops[0], ast.Gt | ast.GtE | ast.Lt | ast.LtE) for part in compares)
            taken_back = any(asks.lineno < node.lineno <= (asks.end_lineno or 0) for node in less)
            if more and order and not taken_back and asks.lineno - more[-1].lineno < 4:
                return more[-1].lineno, asks.lineno
    return 0, 0


RECEIVES = frozenset(["recv", "recv_into", "makefile", "readline", "read"])


def accepted_whole(source: str) -> int:
    """The line that gives one name to all that accept returns, which is a pair; 0 if there is none."""
    for node in nodes(source):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and _is_call(node.value, "accept"):
            if isinstance(node.targets[0], ast.Name | ast.Attribute):
                return node.lineno
        elif isinstance(node, ast.With) and any(_is_call(item.context_expr, "accept") for item in node.items):
            return node.lineno
    return 0


def wants_words(source: str) -> tuple[int, int]:
    """The line that ends the program, or shows how to use it, unless it was started with another number of words than
    two (HOST and PORT), and how many it wants; (0, 0) if there is none.
    """
    for node in nodes(source):
        asks = node.test if isinstance(node, ast.If) else None
        if not isinstance(asks, ast.Compare) or len(asks.ops) != 1 or not isinstance(node, ast.If):
            continue
        if ast.unparse(asks.left) not in ("len(sys.argv)", "len(argv)"):
            continue
        wanted = asks.comparators[0].value if isinstance(asks.comparators[0], ast.Constant) else None
        if not isinstance(wanted, int) or not _ends(node.body):
            continue
        if isinstance(asks.ops[0], ast.NotEq) and wanted != 3:
            return node.lineno, wanted - 1
        least = wanted + isinstance(asks.ops[0], ast.LtE)
        if isinstance(asks.ops[0], ast.Lt | ast.LtE) and least > 3:
            return node.lineno, least - 1
    return 0, 0


def _ends(body: Sequence[ast.stmt]) -> bool:
    """Whether these statements end the program."""
    calls = [node for part in body for node in ast.walk(part) if isinstance(node, ast.Call)]
    leaves = any(name_of(call.func) in ("exit", "_exit", "quit") for call in calls)
    return leaves or any(isinstance(node, ast.Raise | ast.Return) for part in body for node in ast.walk(part))


def leaves_uncalled(source: str) -> tuple[int, str]:
    """The line that only names `exit` where it should call it, and its name: below an `if` that asks for the word that
    ends the conversation. (0, "") if there is none.
    """
    for asks in (node for node in nodes(source) if isinstance(node, ast.If)):
        if not re.search(r"close|quit|exit|bye", ast.unparse(asks.test), re.IGNORECASE):
            continue
        for part in asks.body:
            named = part.value if isinstance(part, ast.Expr) else None
            if isinstance(named, ast.Name | ast.Attribute) and name_of(named) in ("exit", "quit", "_exit"):
                return named.lineno, ast.unparse(named)
    return 0, ""


@dataclass(frozen=True)
class Own:
    """A name that gets its value in a `function` alone, in this `line`, although the program has one too."""

    name: str
    function: str
    line: int


def assigned_inside(source: str, names: Iterable[str]) -> Own | None:
    """The first of these names that a function gives a value of its own: it has no `global` for it. None if all of
    them get their value where it is meant.
    """
    for function in (node for node in nodes(source) if isinstance(node, Function)):
        inside = list(ast.walk(function))
        meant = {name for node in inside if isinstance(node, ast.Global | ast.Nonlocal) for name in node.names}
        own = set(names) - meant
        for node in inside:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in own:
                return Own(node.id, function.name, node.lineno)
    return None


def none_at_the_margin(source: str) -> set[str]:
    """The names outside of any function that have None there, and nothing else."""
    given: dict[str, list[bool]] = {}
    functions = [node for node in nodes(source) if isinstance(node, Function)]
    inside = {id(node) for function in functions for node in ast.walk(function)}
    for node in nodes(source):
        if id(node) not in inside and isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            nothing = isinstance(node.value, ast.Constant) and node.value.value is None
            for name in (each for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)):
                given.setdefault(name.id, []).append(nothing)
    return {name for name, values in given.items() if all(values)}


@dataclass(frozen=True)
class Silent:
    """A `function` that returns nothing (its def in `line`), and the line that uses its result: in a name, or ""."""

    function: str
    line: int
    used: int
    name: str


def returns_nothing(source: str) -> list[Silent]:
    """Each use of a result that does not exist: of a function of the program that never returns a value."""
    known = nodes(source)
    functions = [node for node in known if isinstance(node, ast.FunctionDef) and not node.decorator_list]
    empty = empty_functions(source)
    silent = {function.name: function.lineno for function in functions if not _returns(function)}
    silent = {name: line for name, line in silent.items() if (name, line) not in empty}
    for function in functions:  # two of the same name: it may be the other one
        if _returns(function):
            silent.pop(function.name, None)
    found = []
    for node in known:
        name = ast.unparse(node.targets[0]) if isinstance(node, ast.Assign) else ""
        values = [node.value] if isinstance(node, ast.Assign | ast.FormattedValue) else []
        if isinstance(node, ast.Call) and name_of(node.func) == "print" and len(node.args) > 1:
            values += node.args  # alone, it may be a function that prints, and what fails is another matter
        for value in values:
            if isinstance(value, ast.Call) and name_of(value.func) in silent and _is_own(value.func):
                function_name = name_of(value.func)
                found.append(Silent(function_name, silent[function_name], value.lineno, name))
    return found


def _is_own(called: ast.expr) -> bool:
    """Whether a call is one of a function of the program, or of a method of its own object."""
    return isinstance(called, ast.Name) or ast.unparse(called).startswith("self.")


def _returns(function: ast.FunctionDef) -> bool:
    """Whether a function gives something back."""
    inside = list(ast.walk(function))
    gives = any(isinstance(node, ast.Return) and node.value is not None for node in inside)
    return gives or any(isinstance(node, ast.Yield | ast.YieldFrom) for node in inside)


CONNECTS = ("create_connection", "connect", "open_connection", "connect_ex")


def connect_limit(source: str) -> tuple[int, float]:
    """The line that limits how long connecting may take, and the seconds that it allows; (0, 0) if there is none.

    It is an argument of the call that connects, or of one around it, or a settimeout before it.
    """
    assigns = [node for node in nodes(source) if isinstance(node, ast.Assign)]
    numbers = {name_of(node.targets[0]): node.value.value for node in assigns if isinstance(node.value, ast.Constant)}
    calls = calls_in(nodes(source))
    connects = [call for call in calls if name_of(call.func) in CONNECTS]
    for call in calls:
        name = name_of(call.func)
        around = any(connect in ast.walk(call) for connect in connects)
        before = name in ("settimeout", "setdefaulttimeout") and any(call.lineno <= each.lineno for each in connects)
        given = [word.value for word in call.keywords if word.arg == "timeout"] if around else []
        given += call.args[1:2] if around and name in ("create_connection", "wait_for") else []
        given += call.args[:1] if before or (around and name == "timeout") else []
        for value in given:
            seconds = value.value if isinstance(value, ast.Constant) else numbers.get(name_of(value))
            if isinstance(seconds, int | float) and seconds:
                return value.lineno, float(seconds)
    return 0, 0.0


def fixed_host(source: str) -> tuple[int, str]:
    """The line that connects to a host that stands in the program, whatever it is told, and that host; (0, "") if none
    does.
    """
    found = nodes(source)
    given: dict[str, list[ast.expr]] = {}
    for node in (each for each in found if isinstance(each, ast.Assign)):
        given.setdefault(name_of(node.targets[0]), []).append(node.value)
    for call in (each for each in found if isinstance(each, ast.Call) and name_of(each.func) in CONNECTS and each.args):
        where = call.args[0]
        host = where.elts[0] if isinstance(where, ast.Tuple) and where.elts else where
        values = given.get(name_of(host), []) if isinstance(host, ast.Name) else [host]
        known = {value.value for value in values if isinstance(value, ast.Constant) and isinstance(value.value, str)}
        if len(known) == 1 and all(isinstance(value, ast.Constant) for value in values):
            return call.lineno, known.pop()
    return 0, ""


LIMITS = range(10_000, 10_000_001)  # numbers that can be meant as the limit of a line


def limit_of_lines(source: str) -> int:
    """The line that compares a length with a number that can be the limit of a line; 0 if there is none."""
    numbers = _numbers(source)
    for node in nodes(source):
        if isinstance(node, ast.Compare) and "len(" in ast.unparse(node):
            sides = [_number(side, numbers) for side in (node.left, *node.comparators)]
            if any(side in LIMITS for side in sides if side is not None):
                return node.lineno
    return 0


def limit_passed_since(source: str) -> str:
    """Why a line that is too long passes the line that has the limit (limit_of_lines): it counts characters, or asks
    only about what has no newline yet. "" if the text doesn't say it.
    """
    numbers, found = _numbers(source), nodes(source)
    measured = [(node, asked) for node in found if (asked := _measured(node, numbers))]
    if any(_is_decoded(node, asked, found) for node, asked in measured) or (measured and _only_text_files(found)):
        return "it counts characters, and a letter such as é has two bytes"
    rests = [
        0 < _all_cut_off(asked, found) < node.lineno or _before_more_comes(node, asked, found)
        for node, asked in measured
        if isinstance(node, ast.Compare)
    ]
    if rests and all(rests):
        return "it is only asked about what has no newline yet, never about a line that is complete"
    return ""


def limit_itself(source: str) -> tuple[int, str]:
    """The line that takes a line of just the longest length for too long, and its sign, >= or <=; (0, "") if there is
    none.
    """
    numbers = _numbers(source)
    for node in nodes(source):
        if isinstance(node, ast.Compare) and _measured(node, numbers):
            at_left = _number(node.left, numbers) is not None
            number = _number(node.left if at_left else node.comparators[0], numbers)
            if number == LONGEST_LINE and isinstance(node.ops[0], ast.LtE if at_left else ast.GtE):
                return node.lineno, "<=" if at_left else ">="
    return 0, ""


LONGEST_LINE = 65_536


def _measured(node: ast.AST, numbers: Mapping[str, int]) -> ast.expr | None:
    """What a comparison measures: x in `len(x) > 65_536`."""
    if not isinstance(node, ast.Compare) or len(node.ops) != 1:
        return None
    sides = (node.left, node.comparators[0])
    if not any(number in LIMITS for side in sides if (number := _number(side, numbers)) is not None):
        return None
    return next((side.args[0] for side in sides if isinstance(side, ast.Call) and _is_call(side, "len")), None)


def _is_decoded(node: ast.AST, asked: ast.expr, found: Sequence[ast.AST]) -> bool:
    """Whether what a comparison measures was decoded: there itself, or in a line above that gave its name the value."""
    if any(_is_call(part, "decode") for part in ast.walk(asked) if isinstance(part, ast.expr)):
        return True
    line, name = getattr(node, "lineno", 0), ast.unparse(asked)
    above = [each for each in found if isinstance(each, ast.Assign) and each.lineno < line]
    values = [each.value for each in above if ast.unparse(each.targets[0]) == name]
    return any(_is_call(value, "decode") for value in values)


def _only_text_files(found: Sequence[ast.AST]) -> bool:
    """Whether a connection is read as text, through makefile, and nothing receives bytes."""
    files = calls_in(found, {"makefile"})
    as_bytes = [call for call in files if any("b" in str(getattr(part, "value", "")) for part in call.args[:1])]
    return bool(files) and not as_bytes and not any(name_of(node) in ("recv", "recv_into") for node in found)


def _all_cut_off(asked: ast.expr, found: Sequence[ast.AST]) -> int:
    """The line that has cut all complete lines off what is measured, so that only a rest is left; 0 if none does."""
    name = ast.unparse(asked)
    for node in found:
        if not isinstance(node, ast.Assign):
            continue
        target = node.targets[0]
        parts = target.elts if isinstance(target, ast.Tuple | ast.List) else []
        if any(isinstance(part, ast.Starred) for part in parts) and name in map(ast.unparse, parts):
            return node.lineno
        last = isinstance(node.value, ast.Call) and name_of(node.value.func) == "pop" and not node.value.args
        if ast.unparse(target) == name and (last or ast.unparse(node.value).endswith("[-1]")):
            return node.lineno
    return 0


def _before_more_comes(node: ast.Compare, asked: ast.expr, found: Sequence[ast.AST]) -> bool:
    """Whether a loop that waits for a newline measures what is there just before it receives more."""
    name = ast.unparse(asked)
    for loop in (each for each in found if isinstance(each, ast.While)):
        inside = [each for part in loop.body for each in ast.walk(part)]
        adds = [each.lineno for each in inside if isinstance(each, ast.AugAssign) and ast.unparse(each.target) == name]
        waits = re.search(rf"\\n['\"] not in {re.escape(name)}$", ast.unparse(loop.test))
        if waits and adds and node in inside and node.lineno < min(adds):
            return True
    return False


def _numbers(source: str) -> dict[str, int]:
    """The names of a program that stand for a number, also as what an argument is if it isn't given."""
    numbers: dict[str, int] = {}
    for node in nodes(source):
        if isinstance(node, Function):
            left_out = zip(reversed(node.args.args), reversed(node.args.defaults), strict=False)
            known = ((argument.arg, _number(value, numbers)) for argument, value in left_out)
            numbers |= {name: number for name, number in known if number is not None}
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            value = _number(node.value, numbers)
            if value is not None:
                numbers[node.targets[0].id] = value
    return numbers


def _number(value: ast.expr, names: Mapping[str, int]) -> int | None:
    """The number that an expression such as 64 * 1024 or MOST + 1 stands for; None if it can't be told."""
    if isinstance(value, ast.Constant):
        return value.value if type(value.value) is int else None
    if isinstance(value, ast.Name | ast.Attribute):
        return names.get(name_of(value))
    if not isinstance(value, ast.BinOp):
        return None
    left, right = _number(value.left, names), _number(value.right, names)
    if left is None or right is None or max(abs(left), abs(right)) > LIMITS.stop:
        return None
    if isinstance(value.op, ast.Mult):
        return left * right
    if isinstance(value.op, ast.Add | ast.Sub):
        return left + right if isinstance(value.op, ast.Add) else left - right
    if isinstance(value.op, ast.Pow | ast.LShift) and 0 <= right < 25:
        return int(left**right) if isinstance(value.op, ast.Pow) else left << right
    return None


@dataclass(frozen=True)
class Template:
    """A format that has a value in its own text, not only places for values: the `line` that makes it or fills it in,
    and the `sign` at which formatting looks for places, { or %.
    """

    line: int
    sign: str


PLACES = {"{": re.compile(r"\{\w*\}"), "%": re.compile(r"%[sdr]")}


def template_of_values(source: str) -> Template | None:
    """The first format of a program that is made of a value: `(name + ": %s") % text`; None if there is none."""
    found = nodes(source)
    given = {ast.unparse(node.targets[0]): node.value for node in found if isinstance(node, ast.Assign)}
    for node in found:
        filled: ast.expr | None = None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and name_of(node.func) == "format":
            filled, sign = node.func.value, "{"
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            filled, sign = node.left, "%"
        if filled is not None and _has_values(given.get(ast.unparse(filled), filled), PLACES[sign], given):
            return Template(int(getattr(node, "lineno", 0)), sign)
    return None


def _has_values(made: ast.expr, places: re.Pattern[str], given: Mapping[str, ast.expr]) -> bool:
    """Whether a text that has such places is put together with something that is no text of the program's."""
    inside = list(ast.walk(made))
    texts = [node.value for node in inside if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    names = [node.id for node in inside if isinstance(node, ast.Name)]
    together = isinstance(made, ast.JoinedStr | ast.BinOp) or _is_call(made, "replace") or _is_call(made, "format")
    unknown = [name for name in names if not isinstance(given.get(name), ast.Constant)]
    return together and any(map(places.search, texts)) and bool(unknown)


def info_left_out(source: str) -> tuple[int, int] | None:
    """The line of a logging.info that leaves nothing in the log, as no level was set, or one that is too high, and the
    line that sets this (0 if none does); None if there is no such line. Without a level a log begins at WARNING
    (https://docs.python.org/3/library/logging.html).
    """
    calls = calls_in(nodes(source))
    informs = [call.lineno for call in calls if name_of(call.func) == "info" and isinstance(call.func, ast.Attribute)]
    words = [(word.value, call.lineno) for call in calls for word in call.keywords if word.arg == "level"]
    words += [(call.args[0], call.lineno) for call in calls if name_of(call.func) == "setLevel" and call.args]
    known = [(name_of(level) or str(getattr(level, "value", "")).upper(), line) for level, line in words]
    if not informs or "import logging" not in source or "Config(" in source.replace("basicConfig(", ""):
        return None
    if any(level not in ("WARNING", "WARN", "ERROR", "CRITICAL", "FATAL") for level, _ in known):
        return None
    return informs[0], known[0][1] if known else 0


FEWEST_KEPT = 20  # characters: a text that is cut at fewer is no long one


def cuts_at(source: str, lengths: Collection[int]) -> int:
    """The line that keeps only one of these numbers of characters or bytes: a slice, a width, or textwrap's; 0 if none
    does.
    """
    numbers = _numbers(source)
    for node in nodes(source):
        asked: list[ast.expr] = []
        if isinstance(node, ast.Slice) and node.lower is None and node.upper is not None:
            asked = [node.upper]
        elif isinstance(node, ast.Call) and name_of(node.func) in ("shorten", "wrap"):
            asked = [*node.args[1:2], *(word.value for word in node.keywords if word.arg == "width")]
        if any(number >= FEWEST_KEPT and number in lengths for value in asked if (number := _number(value, numbers))):
            return int(getattr(node, "lineno", 0) or asked[0].lineno)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            widths = [
                int(width) for width in re.findall(r"^\.(\d+)s?$|%\.(\d+)s", node.value) for width in width if width
            ]
            if any(width >= FEWEST_KEPT and width in lengths for width in widths):
                return node.lineno
    return 0


def line_wants_newline(source: str) -> int:
    """The line that asks whether a text (not bytes, as a connection has) ends with a newline; 0 if none does."""
    for node in nodes(source):
        if not isinstance(node, ast.If | ast.While | ast.IfExp):
            continue
        for asked in ast.walk(node.test):
            text = ast.unparse(asked)
            if isinstance(asked, ast.Call) and re.search(r"\.endswith\(['\"]\\n['\"]\)$", text):
                return asked.lineno
            if isinstance(asked, ast.Compare) and re.search(r"\[-1:?\] [!=]= ['\"]\\n|^['\"]\\n['\"] (not )?in ", text):
                return asked.lineno
    return 0


def leaves_newline(source: str) -> tuple[int, str]:
    """The line that cuts the waiting bytes where it has found a newline, which so becomes the first byte of what is
    left, and how it is written; (0, "") if there is none.
    """
    assigns = [node for node in nodes(source) if isinstance(node, ast.Assign | ast.NamedExpr)]
    found = [node for node in assigns if _finds_newline(node.value)]
    ends = {name_of(node.target if isinstance(node, ast.NamedExpr) else node.targets[0]) for node in found}
    for node in nodes(source):
        cut: ast.expr | None = None
        if isinstance(node, ast.Delete):  # del waiting[:end]
            cut = next((where.upper for where in map(_slice, node.targets) if where and where.lower is None), None)
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript):  # waiting = waiting[end:]
            where = _slice(node.value)
            same = ast.unparse(node.targets[0]) == ast.unparse(node.value.value)
            cut = where.lower if where and same and where.upper is None else None
        if isinstance(node, ast.stmt) and isinstance(cut, ast.Name) and cut.id in ends:
            return node.lineno, ast.unparse(node)
    return 0, ""


def _finds_newline(value: ast.expr) -> bool:
    if not isinstance(value, ast.Call) or name_of(value.func) not in ("find", "index") or not value.args:
        return False
    return isinstance(value.args[0], ast.Constant) and value.args[0].value in (b"\n", "\n")


def _slice(node: ast.expr) -> ast.Slice | None:
    return node.slice if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice) else None


def takes_away(source: str) -> tuple[int, str]:
    """The line that takes more away from a text than its line's end, and with which call: strip() or split(); (0, "")
    if there is none.
    """
    calls = [node for node in calls_in(nodes(source)) if isinstance(node.func, ast.Attribute)]
    calls = [call for call in calls if "argv" not in ast.unparse(call.func)]
    strips = [call for call in calls if name_of(call.func) in STRIPS and not _only_line_ends(call)]
    splits = [call for call in calls if name_of(call.func) == "split" and not call.args]
    found = next(iter([*strips, *splits]), None)
    if found is None:
        return 0, ""
    return found.lineno, f"{name_of(found.func)}({', '.join(ast.unparse(argument) for argument in found.args)})"


def _only_line_ends(call: ast.Call) -> bool:
    """Whether a strip takes away nothing but \\r and \\n."""
    words = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
    text = words.decode(errors="replace") if isinstance(words, bytes) else words
    return isinstance(text, str) and set(text) <= {"\r", "\n"}


def replaces_chunks(source: str) -> tuple[int, str]:
    """The line that gives a name the chunk that has just come, in a loop that asks whether this name has a whole line
    by now, and the name: what came before is lost. (0, "") if there is none.
    """
    for loop in (node for node in nodes(source) if isinstance(node, ast.While)):
        asks = ast.unparse(loop.test)
        inside = [node for part in loop.body for node in ast.walk(part)]
        for node in inside:
            if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
                continue
            name = node.targets[0].id
            awaited = re.search(rf"\\n['\"] not in {name}\b|not {name}\.endswith\(|{name}\[-1:?\] !=", asks)
            if awaited and _is_chunk(node.value) and not _keeps(inside, name):
                return node.lineno, name
    return 0, ""


def _is_chunk(value: ast.expr) -> bool:
    """Whether a value is what one call of recv returns, at most decoded."""
    while isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "decode":
        value = value.func.value
    return _is_call(value, "recv") and isinstance(value, ast.Call) and bool(value.args)


def _keeps(inside: Sequence[ast.AST], name: str) -> bool:
    """Whether one of these nodes puts the chunks of this name together."""
    adds = [node.value for node in inside if isinstance(node, ast.AugAssign)]
    adds += [node for node in inside if isinstance(node, ast.BinOp)]
    adds += [argument for node in inside if isinstance(node, ast.Call) for argument in node.args]
    return any(name_of(part) == name for value in adds for part in ast.walk(value))


def asks_twice(source: str) -> bool:
    """Whether a loop of the program has more than one call that reads the keyboard, itself or in a function."""
    functions = [node for node in nodes(source) if isinstance(node, ast.FunctionDef)]
    asking = {function.name for function in functions if any(map(_asks, ast.walk(function)))}
    for loop in (node for node in nodes(source) if isinstance(node, ast.While | ast.For)):
        inside = [node for part in loop.body for node in ast.walk(part) if isinstance(node, ast.Call)]
        asks = sum(_asks(call) or name_of(call.func) in asking for call in inside)
        asks += (
            sum(map(_asks, ast.walk(loop.test))) if isinstance(loop, ast.While) else "stdin" in ast.unparse(loop.iter)
        )
        if asks > 1:
            return True
    return False


def _asks(node: ast.AST) -> bool:
    """Whether this is a call that reads a line of the keyboard."""
    return isinstance(node, ast.Call) and ast.unparse(node.func) in ("input", "sys.stdin.readline", "stdin.readline")


def started_per_line(source: str) -> tuple[int, str]:
    """The line that starts a thread in a loop that reads the keyboard, and the function that it runs, which receives;
    (0, "") if there is none.
    """
    for loop in (node for node in nodes(source) if isinstance(node, ast.While | ast.For)):
        calls = calls_in(ast.walk(loop))
        called = {name_of(call.func) for call in calls}
        reads = "input" in called or "stdin" in ast.unparse(loop)
        if not reads or "accept" in called or "start" not in called:
            continue
        for call in (call for call in calls if name_of(call.func) == "Thread"):
            target = next((word.value for word in call.keywords if word.arg == "target"), None)
            function = name_of(target)
            if calls_of(source, function) & RECEIVES:
                return call.lineno, function
    return 0, ""


def _is_call(value: ast.expr | None, name: str) -> bool:
    return isinstance(value, ast.Call) and name_of(value.func) == name
