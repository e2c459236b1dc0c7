"""The smallest example of each fault: the same idea done right, in another setting (see examples.md)."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from importlib.resources import files

EXAMPLE = re.compile(r"^## ([\w-]+)\n\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@functools.cache
def examples() -> Mapping[str, str]:
    """All examples: {slug of the fault: Python source}."""
    page = files(__package__).joinpath("examples.md").read_text(encoding="utf-8")
    return dict(EXAMPLE.findall(page))
