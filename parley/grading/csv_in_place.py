"""A CSV file in which single cells are filled while all other bytes stay unchanged."""

import re
from itertools import accumulate
from pathlib import Path

from parley.contract.errors import BadInput

BOM = "\ufeff"
SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20"  # the last four are the same in full width
FORMULA = re.compile(rf"(^|;)(?=\s*[{SIGNS}]| *[\t\r])")


class Sheet:
    """The rows of a CSV file, which keep the exact bytes between the separators.

    `separator`: "," or ";", whichever the first line has more of; `rows`: lists of the cells' texts, the head first;
    `lines`: the line of the file in which each row begins, counted from 1.
    """

    def __init__(self, data: bytes) -> None:
        """`data`: the bytes of the file, UTF-8 with or without a byte order mark.

        Raise BadInput if it's another text, or if a quote is never closed.
        """
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise BadInput(f"it isn't UTF-8 (byte {error.start + 1}). Save it as CSV UTF-8.") from error
        self._mark = BOM if text.startswith(BOM) else ""
        text = text.removeprefix(BOM)
        first = text.partition("\n")[0]
        self.separator = ";" if first.count(";") > first.count(",") else ","
        self._raw = _cells(text, self.separator)
        self.rows = [[_value(cell) for cell, _ in row] for row in self._raw]
        long = (sum(cell.count("\n") for cell, _ in row) + 1 for row in self._raw)
        self.lines = list(accumulate(long, initial=1))[:-1]

    def put(self, row: int, column: int, text: str) -> None:
        """Fill one cell. Both numbers begin at 0. Raise IndexError if the sheet has no such cell."""
        _, end = self._raw[row][column]
        self._raw[row][column] = _written(text, self.separator), end
        self.rows[row][column] = text

    def as_bytes(self) -> bytes:
        """Return the whole file, unchanged except for the filled cells."""
        return (self._mark + "".join(cell + end for row in self._raw for cell, end in row)).encode()


def read_sheet(path: str | Path) -> Sheet:
    """Return the Sheet in this file. Raise a BadInput that names the file if it isn't one."""
    try:
        return Sheet(Path(path).read_bytes())
    except OSError as error:
        raise BadInput(f"{path} can't be read: {error.strerror}.") from error
    except ValueError as error:
        raise BadInput(f"{path} isn't a CSV file that Parley can read: {error}") from error


def safe(text: object) -> str:
    """Return a text for a new cell. Put an apostrophe before anything that a spreadsheet would take for a formula, even
    after a semicolon, which separates cells in many countries. A NUL becomes U+FFFD: no CSV file can have one.

    Sources: OWASP, "CSV Injection": these signs, tab and carriage return begin a formula in some program; RFC 4180,
    section 2, for what a cell may hold.
    """
    return FORMULA.sub(r"\1'", str(text).replace("\0", "\ufffd"))


def _cells(text: str, separator: str) -> list[list[tuple[str, str]]]:
    """Yield the rows of a text, each a list of (text in the file, what ends it: a separator, a newline or "")."""
    cell = re.compile(rf'("(?:[^"]|"")*"|[^"{separator}\r\n][^{separator}\r\n]*|)({separator}|\r\n|\n|\r|\Z)')
    rows: list[list[tuple[str, str]]] = []
    row: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        found = cell.match(text, at)
        if not found:
            line = text.count("\n", 0, at) + 1
            raise BadInput(f"line {line} has a quote that isn't closed, or text after a closing quote.")
        row.append((found[1], found[2]))
        at = found.end()
        if found[2] != separator:
            rows.append(row)
            row = []
    if row:  # the file ends with a separator: the last cell is empty
        rows.append([*row, ("", "")])
    return rows


def _value(cell: str) -> str:
    return cell[1:-1].replace('""', '"') if cell.startswith('"') else cell


def _written(text: str, separator: str) -> str:
    plain = not any(character in text for character in f'{separator}"\r\n') and text == text.strip()
    return text if plain else '"' + text.replace('"', '""') + '"'
