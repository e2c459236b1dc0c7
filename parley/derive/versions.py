"""Make the other versions of a program from its full one, by syntax alone: quiet, bare, comments only.

quiet(full) takes the log out, bare(quiet) takes the error handling out, comments(full) takes every statement
out. Source text goes in, source text comes out; nothing is imported or run. What the rules cannot do well
raises CannotDerive with the line of the source: no version is ever guessed.

What an author of a full version should know:

- A comment directly above a statement goes with it, one that a blank line parts from it stays. Where part of
  a statement stays (the body of a `try`, an `elif`), the comment above it stays too.
- A name, function, class, import or parameter goes when the source reads it and the result no longer does. In
  a tuple, or as the target of a `for`, it gets an underscore instead: `conn, _address = listener.accept()`.
- A condition or a value goes only where it merely asks (see QUESTIONS), never where it might do some work.
"""

import ast
import builtins
import io
import itertools
import re
import tokenize
from functools import lru_cache

import libcst as cst
import libcst.matchers as m
from libcst.metadata import PositionProvider

from parley.contract.errors import CannotDerive

# Calls that only ask: to leave one out changes nothing but the place where its answer was wanted.
QUESTIONS = {
    *("abs", "all", "any", "bool", "bytes", "dict", "enumerate", "float", "format", "getattr", "hasattr"),
    *("int", "len", "list", "max", "min", "range", "repr", "reversed", "round", "set", "sorted", "str"),
    *("sum", "tuple", "type", "zip", "capitalize", "casefold", "count", "decode", "encode", "endswith"),
    *("find", "items", "keys", "lower", "lstrip", "partition", "removeprefix", "removesuffix", "replace"),
    *("rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith", "strip", "title", "upper"),
    *("values", "current_thread", "empty", "fileno", "full", "getpeername", "getsockname", "monotonic"),
    *("now", "perf_counter", "qsize", "time"),
}

# What makes a function more than a question, whatever it calls
_WORK = (
    m.Raise()
    | m.Del()
    | m.Global()
    | m.Nonlocal()
    | m.AssignTarget(target=m.Attribute() | m.Subscript())
    | m.AugAssign(target=m.Attribute() | m.Subscript())
    | m.AnnAssign(target=m.Attribute() | m.Subscript())
)

# Conditions that can be negated by "not" without becoming hard to read
_PLAIN = m.Name() | m.Attribute() | m.Call() | m.Subscript()

_SUPPRESS = ("contextlib.suppress()", "suppress()")

_TO_STDERR = m.Arg(keyword=m.Name("file"), value=m.Attribute(value=m.Name("sys"), attr=m.Name("stderr")))

# (settimeout(None) is none: it takes back the limit that create_connection has left)
_LIMIT_OF_TIME = m.Expr(
    m.Call(func=m.Attribute(attr=m.Name("settimeout")), args=[m.Arg(m.DoesNotMatch(m.Name("None")))])
)

_OPPOSITES = {
    cst.Equal: cst.NotEqual,
    cst.NotEqual: cst.Equal,
    cst.LessThan: cst.GreaterThanEqual,
    cst.GreaterThanEqual: cst.LessThan,
    cst.GreaterThan: cst.LessThanEqual,
    cst.LessThanEqual: cst.GreaterThan,
    cst.In: cst.NotIn,
    cst.NotIn: cst.In,
    cst.Is: cst.IsNot,
    cst.IsNot: cst.Is,
}


# what is derived is kept: it takes a second for a long program, and is asked for again and again


@lru_cache(maxsize=64)
def quiet(source):
    """The text of a program without its log. Raises CannotDerive where that cannot be done well."""
    return _Quiet(source).text()


@lru_cache(maxsize=64)
def bare(source):
    """The text of a quiet program without its error handling. Raises CannotDerive as quiet does."""
    return _Bare(source).text()


@lru_cache(maxsize=64)
def comments(source):
    """The docstrings, signatures and comments of a program at their places: a program that does nothing.

    Raises CannotDerive where a definition cannot stand without the statements around it.
    """
    return _outline(source)


def _parsed(source):
    """The syntax tree of a source text; CannotDerive if it is not Python."""
    try:
        compile(source, "<source>", "exec", dont_inherit=True)
        return ast.parse(source)
    except (SyntaxError, ValueError) as error:
        raise CannotDerive(getattr(error, "lineno", None) or 1, f"this is not Python ({error}).") from error


# Quiet and bare: what a program reads, and small questions about its syntax


class _Reads(ast.NodeVisitor):
    """Collects (scope, name) for each name that is read: for its own scope and for all around that."""

    def __init__(self):
        self.scope = ()
        self.found = set()

    def visit_Name(self, node):
        if not isinstance(node.ctx, ast.Store):
            self.found.update((self.scope[:depth], node.id) for depth in range(len(self.scope) + 1))

    def visit_definition(self, node):
        self.scope += (node.name,)
        self.generic_visit(node)
        self.scope = self.scope[:-1]

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = visit_definition


def _reads(source):
    """The set of (scope, name) that a source text reads; a scope is a tuple of names, () is the module."""
    reads = _Reads()
    reads.visit(_parsed(source))
    return reads.found


def _dotted(expression):
    """What is called, as text: `logging.info`, or `logging.getLogger().info` where a call stands before."""
    match expression:
        case cst.Name():
            return expression.value
        case cst.Attribute():
            return f"{_dotted(expression.value)}.{expression.attr.value}"
        case cst.Call():
            return f"{_dotted(expression.func)}()"
    return "?"


def _bound(alias):
    """The name that a part of an import gives to what it imports."""
    name = alias.asname.name if alias.asname else alias.name
    while isinstance(name, cst.Attribute):
        name = name.value
    return name


def _is_logging(name):
    """Whether the name of an imported module is `logging` or inside of it."""
    return _dotted(name).partition(".")[0] == "logging"


def _without_comma(parts):
    """Parts of a list without a comma after the last one."""
    return [*parts[:-1], parts[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)] if parts else []


def _negated(test):
    """The opposite of a plain condition; None for one whose opposite would be hard to read."""
    match test:
        case cst.UnaryOperation(operator=cst.Not(), expression=inner) if m.matches(inner, _PLAIN):
            return inner
        case cst.Comparison(comparisons=[target]):
            opposite = _OPPOSITES[type(target.operator)]()
            return test.with_changes(comparisons=[target.with_changes(operator=opposite)])
    return cst.UnaryOperation(cst.Not(), test) if m.matches(test, _PLAIN) else None


class _Own(cst.CSTVisitor):
    """Looks for a kind of statement in the body of a loop, but not in the loops and definitions inside it."""

    def __init__(self, kind):
        super().__init__()
        self.kind = kind
        self.found = False

    def on_visit(self, node):
        self.found = self.found or isinstance(node, self.kind)
        return not isinstance(node, cst.For | cst.While | cst.FunctionDef | cst.ClassDef)


def _has_own(loop, kind):
    """Whether a loop has a break (or a continue) of its own."""
    search = _Own(kind)
    loop.body.visit(search)
    return search.found


def _is_endless(statement):
    """Whether this is a `while True` without a break."""
    return m.matches(statement, m.While(test=m.Name("True"))) and not _has_own(statement, cst.Break)


def _ends(statement):
    """Whether nothing below this statement in its block can ever run."""
    match statement:
        case cst.SimpleStatementLine():
            return isinstance(statement.body[-1], cst.Return | cst.Raise | cst.Break | cst.Continue)
        case cst.With():
            return _ends(statement.body.body[-1])
        case cst.If(orelse=cst.If()):
            return _ends(statement.body.body[-1]) and _ends(statement.orelse)
        case cst.If(orelse=cst.Else()):
            return _ends(statement.body.body[-1]) and _ends(statement.orelse.body.body[-1])
    return _is_endless(statement)


# Quiet and bare: a block as a flat list of items, the blank lines and comment lines apart from the statements


def _statements(items):
    """The statements among the items of a block."""
    return [item for item in items if not isinstance(item, cst.EmptyLine)]


def _without_docstring(statements):
    """The statements of a body after its docstring."""
    docstring = m.SimpleStatementLine(body=[m.Expr(m.SimpleString() | m.ConcatenatedString())])
    return statements[1:] if statements and m.matches(statements[0], docstring) else list(statements)


def _blanks(items):
    """How many blank lines these items begin with."""
    count = 0
    while count < len(items) and isinstance(items[count], cst.EmptyLine) and not items[count].comment:
        count += 1
    return count


def _add(items, more):
    """Add more items below; where blank lines meet blank lines, the longer run of them stays."""
    items.extend(more[min(_blanks(items[::-1]), _blanks(more)) :])


def _lines_of(branch):
    """The lines above an else or finally whose body stays without it, with the comment behind it as the last."""
    comment = branch.body.header.comment
    return [*branch.leading_lines, *([cst.EmptyLine(comment=comment)] if comment else [])]


def _without_own_comment(lines):
    """The lines above a statement that goes: those without the comment directly above it."""
    lines = list(lines)
    while lines and isinstance(lines[-1], cst.EmptyLine) and lines[-1].comment:
        lines.pop()
    return lines


class _Version:
    """A program on the way to one of its versions. Its subclasses say what goes; what follows is here.

    A method named left_of_... gets a statement without the lines above it. It returns the items that take its
    place, or None if the whole statement goes.
    """

    def __init__(self, source):
        self.read = _reads(source)
        wrapper = cst.MetadataWrapper(cst.parse_module(source))
        self.module = wrapper.module
        self.lines = {node: place.start.line for node, place in wrapper.resolve(PositionProvider).items()}
        for suite in m.findall(self.module, m.SimpleStatementSuite()):
            self.refuse(suite, "the body of a statement has to stand on lines of its own.")
        self.functions = [part for part in self.module.body if isinstance(part, cst.FunctionDef)]
        self.asking = set()  # functions of this program that only ask
        self.gone = set()  # (scope, name) that the source reads and what is left of it does not
        self.hollow = set()  # names of functions in which nothing is left
        self.scope = ()  # the names of the definitions around the statement at hand
        self.in_class = False  # whether the nearest of them is a class
        self.shared = set()  # names that the function at hand declares global or nonlocal
        for function in self.functions:
            if self.only_asks(function.body) and not m.findall(function.body, _WORK):
                self.asking.add(function.name.value)

    def text(self):
        """The text of this version: what the rules name goes, then what is not read any more, and so on."""
        module = self.module
        while True:
            before = module.code
            self.gone = self.read - _reads(before)
            items = list(module.header)
            _add(items, self.block(module.body, module.footer))
            statements, footer = self.settled(items)
            module = module.with_changes(header=(), body=statements, footer=footer)
            module = self.without_idle_parameter(module)
            if module.code == before:
                self.check(module, self.hollow)
                return before

    def check(self, module, names):
        """Raise CannotDerive if what is left still reads one of these names, which have gone."""
        left = {name for scope, name in _reads(module.code)} & names
        for node in m.findall(module, m.Name()):
            if node.value in left:
                self.refuse(node, f"{node.value} is used here, but it cannot be in this version.")

    def refuse(self, node, reason):
        """Raise CannotDerive with the line of this node."""
        raise CannotDerive(self.lines.get(node, 1), reason)

    def changed(self, node, **changes):
        """The node with changes; it keeps its line."""
        new = node.with_changes(**changes)
        self.lines[new] = self.lines.get(node, 1)
        return new

    def only_asks(self, node):
        """Whether this can be left out and nothing but its value is lost."""
        if m.findall(node, m.NamedExpr() | m.Await() | m.Yield()):
            return False
        return all(self.is_question(call) for call in m.findall(node, m.Call()))

    def is_question(self, call):
        """Whether a call only asks: it is known to, is named so (is_set, isdigit), or makes an object."""
        name = _dotted(call.func)
        last = name.rpartition(".")[2]
        return name in self.asking or last in QUESTIONS or last.startswith("is") or last[:1].isupper()

    # Blocks

    def block(self, statements, footer=()):
        """The items that are left of these statements and of the lines below them."""
        items = []
        for statement in statements:
            lines = list(statement.leading_lines)
            left = self.left_of(self.changed(statement, leading_lines=()))
            _add(items, _without_own_comment(lines) if left is None else lines + left)
        _add(items, footer)
        left = _statements(items)
        for statement, below in itertools.pairwise(left):
            if _ends(statement):
                self.refuse(below, "nothing leads to this statement in this version.")
        return items

    def settled(self, items):
        """The statements of a block, which carry the lines above them, and the lines below the last."""
        statements, lines = [], []
        for item in items:
            if not isinstance(item, cst.EmptyLine):
                statements.append(self.changed(item, leading_lines=lines))
                lines = []
            elif item.comment or statements or lines:  # a block does not begin with a blank line
                lines.append(item)
        while lines and not lines[-1].comment:  # nor does it end with one
            lines.pop()
        return statements, lines

    def body(self, block):
        """What is left of an indented block, as a block; None if no statement is."""
        statements, footer = self.settled(self.block(block.body, block.footer))
        return self.changed(block, body=statements, footer=footer) if statements else None

    def items(self, body):
        """The items of what `body` has returned, to stand in the block around it."""
        items = []
        for statement in body.body if body else ():
            items += [*statement.leading_lines, self.changed(statement, leading_lines=())]
        return [*items, *body.footer] if body else []

    def opened(self, block):
        """The items that are left of an indented block, to stand in the block around it."""
        return self.items(self.body(block))

    # Statements with a body

    def left_of(self, statement):
        """The items that take the place of a statement; None if it goes."""
        match statement:
            case cst.SimpleStatementLine():
                return self.left_of_line(statement)
            case cst.If():
                return self.left_of_if(statement)
            case cst.For() | cst.While():
                return self.left_of_loop(statement)
            case cst.With():
                return self.left_of_with(statement)
            case cst.Try() | cst.TryStar():
                return self.left_of_try(statement)
            case cst.FunctionDef() | cst.ClassDef():
                return self.left_of_definition(statement)
        self.refuse(statement, "there is no rule for this kind of statement.")

    def left_of_if(self, statement):
        left = self.branch(statement)
        match left:
            case cst.If():
                return [*left.leading_lines, self.changed(left, leading_lines=())]
            case cst.Else():
                return [*_lines_of(left), *self.items(left.body)]
        return None

    def branch(self, branch):
        """What is left of an if or elif and of what hangs on it: an if, an else without one, or None."""
        below = self.branch(branch.orelse) if isinstance(branch.orelse, cst.If) else self.last(branch.orelse)
        body = self.body(branch.body)
        if body and not self.complains(body):
            return self.changed(branch, body=body, orelse=below)
        if not self.only_asks(branch.test):
            self.refuse(branch, "nothing is left to do in this branch, but its condition does more than ask.")
        if body or not below:
            return below
        test = _negated(branch.test)
        if not test or isinstance(below, cst.If):
            self.refuse(branch, "nothing is left to do in this branch, but the one below needs its condition.")
        return self.changed(branch, test=test, body=below.body, orelse=None)

    def last(self, branch):
        """What is left of an else (of an if, a loop, a try) or of a finally; None if nothing is."""
        body = self.body(branch.body) if branch else None
        return self.changed(branch, body=body) if body and not self.complains(body) else None

    def complains(self, block):
        """Whether all that a treated block does is to complain."""
        return False

    def left_of_loop(self, loop):
        is_for = isinstance(loop, cst.For)
        body, below = self.body(loop.body), self.last(loop.orelse)
        if body and is_for:
            return [self.changed(loop, body=body, orelse=below, target=self.underscored(loop.target))]
        if body:
            return [self.changed(loop, body=body, orelse=below)]
        if below or not self.only_asks(loop.iter if is_for else loop.test):
            self.refuse(loop, "nothing is left to do in this loop, but its first line does something.")
        return None

    def left_of_with(self, statement):
        body = self.body(statement.body)
        if body:
            items = [self.with_item(item) for item in statement.items]
            return [self.changed(statement, items=items, body=body)]
        if not all(self.only_asks(item.item) for item in statement.items):
            self.refuse(statement, "nothing is left to do in this with, but its first line does something.")
        return None

    def with_item(self, item):
        """A part of the first line of a with, without a name that is not read any more."""
        if not item.asname:
            return item
        if self.is_gone(item.asname.name):
            return item.with_changes(asname=None)
        return item.with_changes(asname=item.asname.with_changes(name=self.underscored(item.asname.name)))

    def left_of_definition(self, definition):
        if self.is_gone(definition.name):
            return None
        name, block = definition.name.value, definition.body
        around = self.scope, self.in_class, self.shared
        is_class = isinstance(definition, cst.ClassDef)
        self.scope, self.in_class, self.shared = (*self.scope, name), is_class, set()
        items = self.block(block.body, block.footer)
        self.scope, self.in_class, self.shared = around
        if _without_docstring(_statements(items)) or not _without_docstring(block.body):
            statements, footer = self.settled(items if is_class else self.ending(items))
            return [self.changed(definition, body=self.changed(block, body=statements, footer=footer))]
        if is_class or self.scope or definition.decorators:
            self.refuse(definition, f"nothing is left to do in {name}.")
        self.hollow.add(name)
        return None

    def ending(self, items):
        """The items of a function's body, perhaps without the last."""
        return items

    # Statements without a body, and names that are not read any more

    def left_of_line(self, line):
        small = [left for statement in line.body if (left := self.left_of_small(statement))]
        if not small:
            return None
        small[-1] = self.changed(small[-1], semicolon=cst.MaybeSentinel.DEFAULT)
        return [self.changed(line, body=small)]

    def left_of_small(self, statement):
        """What is left of a statement without a body; None if it goes."""
        match statement:
            case cst.Import(names=names) | cst.ImportFrom(names=[*names]):
                names = _without_comma([name for name in names if not self.is_gone(_bound(name))])
                return self.changed(statement, names=names) if names else None
            case cst.Global(names=names) | cst.Nonlocal(names=names):
                self.shared |= {item.name.value for item in names}
                names = _without_comma([item for item in names if not self.is_gone(item.name)])
                return self.changed(statement, names=names) if names else None
            case cst.Assign():
                kept = [target for target in statement.targets if not self.is_gone(target.target)]
                targets = [target.with_changes(target=self.underscored(target.target)) for target in kept]
                return self.changed(statement, targets=targets) if targets else self.effect(statement)
            case cst.AugAssign() | cst.AnnAssign() if self.is_gone(statement.target):
                return self.effect(statement)
            case cst.Expr(value=cst.Call(func=cst.Name(value=name), args=arguments)) if name in self.hollow:
                if not all(self.only_asks(argument) for argument in arguments):
                    self.refuse(statement, f"nothing is left to do in {name}, but this call does something.")
                return None
        return statement

    def effect(self, assignment):
        """The statement that is left of an assignment whose name is gone; None if its value merely asks."""
        value = assignment.value
        return None if value is None or self.only_asks(value) else cst.Expr(value)

    def is_gone(self, target):
        """Whether the names of this target were read in the source, and none of them is any more."""
        match target:
            case cst.Name(value=name):
                scope = () if name in self.shared else self.scope
                return not self.in_class and (scope, name) in self.gone
            case cst.Tuple(elements=elements) | cst.List(elements=elements):
                return all(self.is_gone(element.value) for element in elements)
        return False

    def underscored(self, target):
        """A target with an underscore before each name in it that is not read any more."""
        match target:
            case cst.Name(value=name) if self.is_gone(target):
                return target.with_changes(value=f"_{name}")
            case cst.Tuple(elements=elements) | cst.List(elements=elements):
                elements = [part.with_changes(value=self.underscored(part.value)) for part in elements]
                return target.with_changes(elements=elements)
        return target

    def without_idle_parameter(self, module):
        """The module without one of the parameters that nothing reads any more, if no call needs it."""
        functions = [part for part in module.body if isinstance(part, cst.FunctionDef) and not part.decorators]
        for function in functions:
            for parameter in function.params.params:
                if ((function.name.value,), parameter.name.value) in self.gone:
                    change = _WithoutParameter(self, function, parameter)
                    changed = module.visit(change)
                    if change.understood == change.uses:
                        return changed
        return module


class _WithoutParameter(cst.CSTTransformer):
    """Takes a parameter out of a function, and its value out of each call and of each thread that runs it."""

    def __init__(self, version, function, parameter):
        super().__init__()
        self.version = version
        self.function = function
        self.parameter = parameter.name.value
        self.position = list(function.params.params).index(parameter)
        self.uses = 0  # how often the function is named, its definition included
        self.understood = 0  # how many of these can do without the parameter: all, or the change is no good

    def on_leave(self, original_node, updated_node):
        new = super().on_leave(original_node, updated_node)
        if original_node in self.version.lines:
            self.version.lines[new] = self.version.lines[original_node]
        return new

    def visit_Name(self, node):
        self.uses += self.is_function(node)

    def leave_FunctionDef(self, original_node, updated_node):
        if original_node is not self.function:
            return updated_node
        parameters = updated_node.params
        return updated_node.with_changes(params=parameters.with_changes(params=self.fewer(parameters.params)))

    def leave_Call(self, original_node, updated_node):
        arguments = updated_node.args
        if self.is_function(updated_node.func):
            return updated_node.with_changes(args=self.fewer(arguments))
        keywords = {argument.keyword.value: argument.value for argument in arguments if argument.keyword}
        match keywords:
            case {"target": target, "args": cst.List() | cst.Tuple() as values} if self.is_function(target):
                if "kwargs" not in keywords:
                    fewer = values.with_changes(elements=self.fewer(values.elements))
                    arguments = [a.with_changes(value=fewer) if a.value is values else a for a in arguments]
        return updated_node.with_changes(args=arguments)

    def is_function(self, node):
        return isinstance(node, cst.Name) and node.value == self.function.name.value

    def fewer(self, parts):
        """Parameters, arguments or values without the one for the parameter."""
        kept = [part for position, part in enumerate(parts) if not self.is_for_parameter(position, part)]
        starred = any(isinstance(part, cst.StarredElement) or getattr(part, "star", "") for part in parts)
        if not starred and all(part in kept or self.version.only_asks(part) for part in parts):
            self.understood += 1
        return _without_comma(kept)

    def is_for_parameter(self, position, part):
        keyword = getattr(part, "keyword", None)
        return keyword.value == self.parameter if keyword else position == self.position


class _Quiet(_Version):
    """A program without its log."""

    def __init__(self, source):
        self.log = {"logging"}  # all that the log is called by: the module, loggers, their parts (self.log)
        super().__init__(source)

    def check(self, module, names):
        super().check(module, names | self.log)

    def is_log(self, expression):
        """Whether an expression is the log, a part of it, or what a call of it gives."""
        text = _dotted(expression)
        return any(text == name or text.startswith((f"{name}.", f"{name}()")) for name in self.log)

    def is_question(self, call):
        return self.is_log(call) or super().is_question(call)

    def left_of_small(self, statement):
        match statement:
            case cst.Import(names=names):
                log = [alias for alias in names if _is_logging(alias.name)]
                self.log |= {_bound(alias).value for alias in log}
                names = _without_comma([alias for alias in names if alias not in log])
                return super().left_of_small(self.changed(statement, names=names)) if names else None
            case cst.ImportFrom(module=module, names=[*names]) if _is_logging(module):
                self.log |= {_bound(alias).value for alias in names}
                return None
            case cst.Assign(targets=[cst.AssignTarget(target=target)], value=value) if self.is_log(value):
                self.log.add(_dotted(target))
                return self.left_of_log(statement)
            case cst.AnnAssign(target=target, value=cst.BaseExpression() as value) if self.is_log(value):
                self.log.add(_dotted(target))
                return self.left_of_log(statement)
            case cst.Expr(value=cst.Call() as call) if self.is_log(call):
                return self.left_of_log(statement)
        return super().left_of_small(statement)

    def left_of_log(self, statement):
        if not self.only_asks(statement):
            self.refuse(statement, "this statement for the log does something else, too.")
        return None

    def left_of_try(self, statement):
        body = self.body(statement.body)
        below, after = self.last(statement.orelse), self.last(statement.finalbody)
        handlers = [self.handler(handler) for handler in statement.handlers]
        if body and (handlers or after):
            return [self.changed(statement, body=body, handlers=handlers, orelse=below, finalbody=after)]
        if body:
            return self.items(body)
        if below or after:
            self.refuse(statement, "nothing is left to do in this try, but its else or finally has something.")
        return None

    def handler(self, handler):
        """An except without its log: `pass` with its comments if there was no more."""
        body = self.body(handler.body)
        if not body:
            parts = [*handler.body.body, *handler.body.footer]
            remarks = [comment for part in parts for comment in m.findall(part, m.Comment())]
            lines = [cst.EmptyLine(comment=comment) for comment in remarks]
            nothing = cst.SimpleStatementLine([cst.Pass()], leading_lines=lines)
            body = handler.body.with_changes(body=[nothing], footer=())
        name = handler.name if handler.name and m.findall(body, m.Name(handler.name.name.value)) else None
        return self.changed(handler, body=body, name=name)


class _Bare(_Version):
    """A program without its error handling."""

    def __init__(self, source):
        self.complainers = set()  # functions that do nothing but complain
        super().__init__(source)
        for _ in self.functions:  # (one may complain by calling another)
            self.complainers |= {each.name.value for each in self.functions if self.complains(each.body)}

    def text(self):
        # an import that stood in a `try` joins those above it
        return re.sub(r"(?m)^(import .*\n)\n(?=import )", r"\1", super().text())

    def left_of_small(self, statement):
        if m.matches(statement, _LIMIT_OF_TIME):
            return None
        return super().left_of_small(statement)

    def left_of_try(self, statement):
        items = self.opened(statement.body)
        for branch in (statement.orelse, statement.finalbody):
            if branch:
                items += [*_lines_of(branch), *self.opened(branch.body)]
        return items if _statements(items) else None

    def left_of_with(self, statement):
        items = [item for item in statement.items if _dotted(item.item) not in _SUPPRESS]
        if items:
            return super().left_of_with(statement.with_changes(items=_without_comma(items)))
        items = self.opened(statement.body)
        return items if _statements(items) else None

    def left_of_loop(self, loop):
        left = super().left_of_loop(loop)
        if left and m.matches(loop, m.While(test=m.Name("True"))):
            last = left[0].body.body[-1]
            if _ends(last) and not _is_endless(last) and not _has_own(left[0], cst.Continue):
                self.refuse(loop, "without its error handling this loop would run only once.")
        return left

    def ending(self, items):
        """A function's items without a `raise` at its end, which is where it gets when all has gone wrong."""
        statements = _without_docstring(_statements(items))
        complaint = m.SimpleStatementLine(body=[m.MatchIfTrue(self.is_complaint) & m.Raise()])
        if len(statements) > 1 and m.matches(statements[-1], complaint):
            return _without_own_comment(items[: items.index(statements[-1])])
        return items

    def complains(self, block):
        smalls = []
        for statement in _without_docstring(block.body):
            if not isinstance(statement, cst.SimpleStatementLine):
                return False
            smalls += statement.body
        if smalls and isinstance(smalls[-1], cst.Return | cst.Continue | cst.Break):
            smalls.pop()
        return bool(smalls) and all(self.is_complaint(small) for small in smalls)

    def is_complaint(self, statement):
        """Whether a statement only says that something is wrong, and perhaps ends the program for that."""
        match statement:
            case cst.Raise(exc=cst.Call() as call) | cst.Expr(value=cst.Call() as call):
                name, arguments = _dotted(call.func), call.args
            case cst.Raise():
                return _dotted(statement.exc) != "SystemExit"
            case _:
                return False
        if not all(self.only_asks(argument) for argument in arguments):
            return False
        if name in ("sys.exit", "SystemExit"):
            return bool(arguments) and not m.matches(arguments[0].value, m.Integer("0") | m.Name("None"))
        if name == "print":
            return any(m.matches(argument, _TO_STDERR) for argument in arguments)
        return isinstance(statement, cst.Raise) or name in self.complainers or name == "sys.stderr.write"


# Comments only


def _outline(source):
    """The text of the comments-only version: some lines of the source, with the blank lines between them."""
    tree = _parsed(source)
    lines = source.split("\n")
    shown, headers = _comments_and_headers(source, lines)
    _check_places(tree, headers)
    for node in ast.walk(tree):
        if _has_docstring(node):
            first, last = node.body[0].lineno, node.body[0].end_lineno
            shown |= {number: lines[number - 1] for number in range(first, last + 1)}
    shown |= _needed_imports(tree)
    for node in _definitions(tree):
        if not _has_docstring(node) and not any(isinstance(inner, _DEFINITION) for inner in node.body):
            last = max(number for number in shown if number <= node.end_lineno)
            shown[last + 0.5] = " " * node.body[0].col_offset + "pass"  # between this line and the next
    return _spaced(shown, lines, set(headers.values()))


_DEFINITION = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def _definitions(tree):
    """All functions and classes of a program."""
    return [node for node in ast.walk(tree) if isinstance(node, _DEFINITION)]


def _has_docstring(node):
    return isinstance(node, ast.Module | _DEFINITION) and ast.get_docstring(node, clean=False) is not None


def _comments_and_headers(source, lines):
    """The lines to show as {number: text}, and the lines on which definitions start and end: {start: end}.

    A comment behind a statement stands on a line of its own, as far to the right as the statement.
    """
    shown, headers = {}, {}
    start = None  # the first token of the statement at hand
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        number, column = token.start
        if token.type == tokenize.COMMENT:
            if lines[number - 1][:column].strip() == "":
                shown[number] = lines[number - 1].rstrip()
            elif not token.string.startswith("# noqa"):
                shown[number] = " " * start.start[1] + token.string
        elif token.type == tokenize.NEWLINE:
            first, last = start.start[0], token.start[0]
            if re.match(r"\s*(@|def\b|class\b|async\s+def\b)", lines[first - 1]):
                shown |= {number: lines[number - 1] for number in range(first, last + 1)}
                headers[first] = last
            start = None
        elif start is None and token.type not in _NO_STATEMENT:
            start = token
    return shown, headers


_NO_STATEMENT = (tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


def _check_places(tree, headers):
    """Raise CannotDerive for a definition that cannot stand without the statements around it."""
    bodies = [node.body for node in (tree, *_definitions(tree))]
    for node in _definitions(tree):
        if not any(node in body for body in bodies):
            raise CannotDerive(node.lineno, f"the definition of {node.name} is inside a statement that goes.")
        if node.body[0].lineno <= headers[node.lineno]:
            raise CannotDerive(node.lineno, "the body of a statement has to stand on lines of its own.")


def _needed_imports(tree):
    """The imports that signatures and decorators need, as {line number: text}.

    Raises CannotDerive where a signature needs another name of the module, such as a constant.
    """
    needed = {}
    for node in _definitions(tree):
        for part in ast.walk(_signature(node)):
            if isinstance(part, ast.Name) and not hasattr(builtins, part.id):
                needed.setdefault(part.id, node)
    for node in _definitions(tree):
        needed.pop(node.name, None)
    shown = {}
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            node.names = [alias for alias in node.names if _bound_by(alias) in needed]
            if node.names:
                shown[node.lineno] = ast.unparse(node)
            for alias in node.names:
                del needed[_bound_by(alias)]
    for name, node in needed.items():
        raise CannotDerive(node.lineno, f"the first line of {node.name} needs {name}, a statement that goes.")
    return shown


def _bound_by(alias):
    """The name that a part of an import gives to what it imports."""
    return alias.asname or alias.name.partition(".")[0]


def _signature(definition):
    """A definition without its body."""
    return type(definition)(**{**dict(ast.iter_fields(definition)), "body": []})


def _spaced(shown, lines, header_ends):
    """The shown lines as text; between two of them as many blank lines as the source had at most in a row."""
    text, above = [], None
    for number in sorted(shown):
        if above is not None and above not in header_ends:
            between = ["x" if line.strip() else " " for line in lines[int(above) : int(number) - 1]]
            text += [""] * max(map(len, "".join(between).split("x")))
        text.append(shown[number])
        above = number
    return "\n".join(text) + "\n" if text else ""
