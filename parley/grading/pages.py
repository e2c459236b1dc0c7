"""Pages for a browser: filled templates in which all student text stays text."""

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from parley.contract.record import harmless, visible

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

NAME = 60  # characters of a name that are shown
MARKS = 4  # marks above and below one letter: more would cover the text beside it


def filled_page(template: str, **values: object) -> str:
    """Return the HTML text of a template in templates/, filled in with these values.

    All values are escaped. Filters: `shown` also makes control characters visible, line by line. `plain` does so too,
    but keeps those already visible, and cuts long text. `name` turns any name into one short line. `code` shows text
    between backticks as code.
    """
    return _environment().get_template(template).render(**values)


@lru_cache
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("parley.grading"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["shown"] = lambda text: "\n".join(visible(line) for line in _level(str(text)).split("\n"))
    environment.filters["plain"] = lambda text, *most: harmless(_level(str(text)), *most)
    environment.filters["name"] = short_name
    environment.filters["code"] = _with_code
    return environment


def short_name(text: object, most: int = NAME) -> str:
    """Return any name on one line, cut after this many characters."""
    shown = visible(_level(str(text))[: most + 1])
    return shown if len(shown) <= most else shown[:most] + "…"


def _level(text: str) -> str:
    """Return a text without excess marks on one letter."""
    if text.isascii():
        return text
    kept: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if marks <= MARKS:
            kept.append(character)
    return "".join(kept)


def _with_code(text: object) -> "Markup":
    from markupsafe import Markup, escape

    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))
