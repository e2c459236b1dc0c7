"""Which call of a program makes another text of one: found by doing the same with the text that was given."""

from __future__ import annotations

import ast
import bisect
import html
import unicodedata
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from parley.checks.diagnosis.evidence import Failure
from parley.checks.diagnosis.syntax import STRIPS, name_of, nodes

Change = Callable[[str], str]
MOST_TEXT = 100_000  # characters
MOST_TAB = 100  # columns
MOST_OTHER = 100  # characters that a program puts in the place of one: it can't make our memory full
# calls of a text's own methods, and of Python's library, that need nothing but the text
METHODS: dict[str, Change] = {
    "lower": str.lower,
    "upper": str.upper,
    "title": str.title,
    "capitalize": str.capitalize,
    "casefold": str.casefold,
    "swapcase": str.swapcase,
}
CALLS: dict[str, Change] = {
    "unescape": html.unescape,
    "escape": html.escape,
    "unquote": urllib.parse.unquote,
    "unquote_plus": urllib.parse.unquote_plus,
    "quote": urllib.parse.quote,
}


@dataclass(frozen=True)
class Changed:
    """A text that was `given` (`how`: "types" or "sends"), the line in which it `came`, the `part` of it that isn't
    there, and the `other` one that is there instead ("" if the part is lost).
    """

    given: str
    how: str
    came: str
    part: str
    other: str

    def made_by(self, source: str) -> tuple[int, str]:
        """The line of a program that makes what came of the text, and its call; (0, "") if none is known to."""
        texts = {self.given, self.given.removesuffix("\r")}
        came = {self.came, self.came.partition(": ")[2]} - texts
        for node in nodes(source) if len(self.given) <= MOST_TEXT else []:
            if any(change(text) in came for change in _changes(node) for text in texts):
                return int(getattr(node, "lineno", 0)), _in_short(node)
        return 0, ""

    @property
    def loses_controls(self) -> bool:
        """Whether only characters that no one sees are lost, such as \\f."""
        came = self.came.partition(": ")[2] if _seen(self.came) != _seen(self.given) else self.came
        return _seen(came) == _seen(self.given) and len(came) < len(self.given)


def _seen(text: str) -> str:
    return "".join(each for each in text if unicodedata.category(each)[0] not in "CZ" or each == " ")


def _in_short(node: ast.AST) -> str:
    """What stands there, without the text that it is done with."""
    if isinstance(node, ast.Call) and name_of(node.func) == "join":
        return next((f"{name}()" for name in KEEPS if f".{name}()" in ast.unparse(node)), "join")
    if isinstance(node, ast.Call) and name_of(node.func) not in CALLS:
        return f"{name_of(node.func)}({', '.join(map(ast.unparse, node.args))})"
    return str(node.value) if isinstance(node, ast.Constant) else ast.unparse(node)


def changed_text(failure: Failure) -> Changed | None:
    """What came of a text that was given in a failed test (the awaited one, or else the last one), if it is that text
    but for a part in it.
    """
    given, wanted, came = failure.given, failure.expected, failure.received
    if isinstance(wanted, bytes) and isinstance(came, bytes) and wanted.count(b"\n") == 1 == came.count(b"\n"):
        line = wanted.removesuffix(b"\n")
        hows = [event.what for event in given if line and line in event.data.split(b"\n")]
        return _compared(wanted, came, "", hows[-1]) if hows else None
    seen = [event for event in failure.events if event.what in ("prints", "receives")]
    if not given or not seen or seen[-1].at < given[-1].at:
        return None
    shown = _last_line(seen[-1].data).partition(": ")[2] if seen[-1].what == "prints" else ""  # without who said it
    return _compared(given[-1].data, seen[-1].data, shown, given[-1].what)


def _compared(given: bytes, came: bytes, shown: str, how: str) -> Changed | None:
    text, line = _last_line(given), _last_line(came)
    parts = _changed_part(text, shown) or _changed_part(text, line)
    return Changed(text, how, line, *parts) if parts else None


def alike(source: str, one: Changed, other: Changed) -> bool:
    """Whether two texts were changed in the same way: by the same line, or by the loss of what no one sees."""
    line = one.made_by(source)[0]
    return one.loses_controls and other.loses_controls if not line else other.made_by(source)[0] == line


def _last_line(data: bytes) -> str:
    return data.decode(errors="replace").removesuffix("\n").rpartition("\n")[2]


def kept_and_lost(given: str, came: str) -> tuple[str, str]:
    """The characters of a text that stand in what came, in their order, and each of the others once."""
    letters = set(came)
    kept = "".join(letter for letter in given if letter in letters)
    return kept, "".join(dict.fromkeys(letter for letter in given if letter not in letters))


def _changed_part(wanted: str, came: str) -> tuple[str, str] | None:
    """The part of a text that is another one in what came (which may have more in front); None where it has all of the
    text, or less than half.
    """
    if wanted in came:
        return None
    kept, lost = kept_and_lost(wanted, came)
    if lost and 2 * len(kept) >= len(wanted) and came.endswith(kept):
        return lost, ""
    start = _longest(len(wanted), lambda length: wanted[:length] in came)
    there = came.find(wanted[:start]) + start
    rest, other = wanted[start:], came[there:]
    end = _longest(min(len(rest), len(other)), lambda length: rest.endswith(other[len(other) - length :]))
    if 2 * (start + end) < len(wanted):
        return None
    return rest[: len(rest) - end], other[: len(other) - end]


def _longest(most: int, holds: Callable[[int], bool]) -> int:
    """The greatest length up to `most` for which this holds, as it does for all that are shorter."""
    return bisect.bisect_left(range(most + 1), True, key=lambda length: not holds(length)) - 1


def _changes(node: ast.AST) -> Iterator[Change]:
    """What a call does with a text, or the name of an encoding."""
    if isinstance(node, ast.Constant) and str(node.value).lower().replace("_", "-") == "utf-8-sig":
        yield lambda text: text.removeprefix(MARK)
    if isinstance(node, ast.Call):
        yield from _of_call(node)


KEEPS: dict[str, Callable[[str], bool]] = {"isprintable": str.isprintable, "isascii": str.isascii}
MARK = "\ufeff"  # what utf-8-sig takes away at the beginning


def _of_call(call: ast.Call) -> Iterator[Change]:
    name, given = name_of(call.func), [_constant(argument) for argument in call.args]
    if name in METHODS and not call.args:
        yield METHODS[name]
    elif name in CALLS and len(call.args) == 1:
        yield CALLS[name]
    elif name == "expandtabs":
        size = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else 8
        if isinstance(size, int) and 0 <= size <= MOST_TAB:
            yield lambda text: text.expandtabs(size)
    elif name == "normalize" and given and given[0] in ("NFC", "NFD", "NFKC", "NFKD"):
        form = given[0]
        yield lambda text: unicodedata.normalize(form, text)  # type: ignore[arg-type]
    elif name == "replace" and len(given) == 2 and given[0] and given[1] is not None and len(given[1]) <= MOST_OTHER:
        yield lambda text: text.replace(str(given[0]), str(given[1]))
    elif name in STRIPS and len(call.args) < 2 and None not in given:
        yield lambda text: str(getattr(text, name)(*given))
    elif name == "join" and given == [None] and isinstance(call.func, ast.Attribute):
        joint, parts = _constant(call.func.value), call.args[0]
        if joint is not None and isinstance(parts, ast.Call) and name_of(parts.func) == "split" and not parts.args:
            yield lambda text: str(joint).join(text.split())
        elif joint == "" and isinstance(parts, ast.GeneratorExp | ast.ListComp):
            yield from _kept(parts)


def _kept(parts: ast.GeneratorExp | ast.ListComp) -> Iterator[Change]:
    """What stays of a text whose characters are taken one by one, if they are printable, or ASCII."""
    asks = ast.unparse(parts.generators[0])
    for name, keeps in KEEPS.items():
        if f".{name}()" in asks and "not " not in asks:
            yield lambda text, keeps=keeps: "".join(filter(keeps, text))  # type: ignore[misc]
            yield lambda text, keeps=keeps: "".join(c for c in text if keeps(c) or c == "\t")  # type: ignore[misc]


def _constant(value: ast.expr) -> str | None:
    """A text that stands in the program, whether as text or as bytes; None for anything else."""
    known = value.value if isinstance(value, ast.Constant) else None
    return known.decode(errors="replace") if isinstance(known, bytes) else known if isinstance(known, str) else None
