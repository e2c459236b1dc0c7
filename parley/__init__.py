"""Parley: a workbook in which a chat is built in five stages, and the tool that checks it."""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"
__all__ = ["answer", "check", "diff", "draw", "measure", "mistake", "play", "predict", "rung", "show", "wire"]


def __getattr__(name: str) -> Any:
    """What the cells of a notebook call, imported only when someone asks for it (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from parley.notebooks import cells

    return getattr(cells, name)
