"""Parley: a workbook in which a chat is built in five stages, and the tool that checks it."""

import sys
from types import ModuleType

__version__ = "0.1.0"
__all__ = ["check", "diff", "draw", "mistake", "play", "predict", "show", "wire"]


def _function(name):
    """The function of this name in parley/notebook.py, which is imported only when somebody asks for it."""

    def get(package):
        from parley import notebook

        return getattr(notebook, name)

    return property(get, lambda package, module: None)


class _Parley(ModuleType):
    """This package, with what the cells of a notebook call.

    A module that has the name of such a function (parley.play, say) is imported with `from parley.play import ...`;
    `from parley import play` is always the function, whatever was imported before.
    """

    check, diff, draw, mistake, play, predict, show, wire = map(_function, __all__)


sys.modules[__name__].__class__ = _Parley
